//! Versions of Python packages, as PEP 440 writes them.

/// Says whether a text is a version: `[N!]N(.N)*`, then `rc1`, `.post1`, `.dev1` and `+local`, as far as they are
/// there. Signs and words may be written in the ways that pip reads.
pub(super) fn is_version(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let (public, local) =
        text.split_once('+').map_or((&*text, None), |(public, local)| (public, Some(local)));
    let is_local = |local: &str| {
        local
            .split(['.', '-', '_'])
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    let public = public.strip_prefix('v').unwrap_or(public);
    let numbered = match public.split_once('!') {
        Some((epoch, rest)) if !epoch.is_empty() && digits(epoch) == epoch.len() => rest,
        Some(_) => return false,
        None => public,
    };
    let Some(mut rest) = release(numbered) else { return false };
    // The longer of two words with one beginning stands first.
    for words in [PRE, POST, DEV] {
        rest = segment(rest, words);
    }
    rest.is_empty() && local.is_none_or(is_local)
}

const PRE: &[&str] = &["alpha", "beta", "preview", "pre", "rc", "a", "b", "c"];
const POST: &[&str] = &["post", "rev", "r", ""];
const DEV: &[&str] = &["dev"];

/// How many digits a text begins with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Reads `N(.N)*`; gives what is behind.
fn release(text: &str) -> Option<&str> {
    let mut rest = &text[digits(text)..];
    if rest.len() == text.len() {
        return None;
    }
    while let Some(next) = rest.strip_prefix('.').filter(|next| digits(next) > 0) {
        rest = &next[digits(next)..];
    }
    Some(rest)
}

/// Passes over one of the words with its number, `.post1` or `-1`; gives all back where none stands.
fn segment<'t>(text: &'t str, words: &[&str]) -> &'t str {
    let unsigned = text.strip_prefix(['.', '-', '_']).unwrap_or(text);
    let Some(word) = words.iter().find(|word| unsigned.starts_with(*word)) else { return text };
    let behind = &unsigned[word.len()..];
    if word.is_empty() {
        // `1.0-1` is short for `1.0.post1`.
        return if text.starts_with('-') && digits(behind) > 0 { &behind[digits(behind)..] } else { text };
    }
    let number = behind.strip_prefix(['.', '-', '_']).filter(|rest| digits(rest) > 0).unwrap_or(behind);
    &number[digits(number)..]
}

#[cfg(test)]
mod tests {
    use super::is_version;

    /// Held to `packaging.version` of the same words.
    #[test]
    fn versions_are_those_of_pep_440() {
        for version in [
            "1",
            "1.0",
            "v1.2",
            "1!2.0",
            "1.0a1",
            "1.0.rc1",
            "1.0-beta.2",
            "2.0rc1.post2.dev3",
            "1.0-1",
            "1.0.post",
            "1.0+cu118",
            "1.0+a.b-1",
            "2024.1.0",
            "1.0RC1",
            "1.0c",
            "1.0r4",
        ] {
            assert!(is_version(version), "{version}");
        }
        for version in [
            "",
            "x",
            "1.",
            "1..2",
            "1.0.x",
            "1.0!2.x",
            "2.99.99.99.x!",
            "1.0+",
            "1.0+a..b",
            "!1",
            "1.0-",
            "latest",
            "1.*",
        ] {
            assert!(!is_version(version), "{version}");
        }
    }
}
