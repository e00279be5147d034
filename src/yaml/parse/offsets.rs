//! Characters to bytes: the library counts characters, a [`Span`](crate::text::Span) bytes.

/// How many characters lie between two known places.
const STEP: usize = 64;

/// The byte offsets of a text's characters.
pub(super) struct Offsets<'a> {
    text: &'a str,
    /// The byte offset of every 64th character; empty when the text is ASCII.
    marks: Vec<usize>,
}

impl<'a> Offsets<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let marks = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().step_by(STEP).map(|(byte, _)| byte).collect()
        };
        Self { text, marks }
    }

    /// Returns the byte offset of a character; the end of the text when there is no such one.
    pub(super) fn byte(&self, character: usize) -> usize {
        if self.marks.is_empty() {
            return character.min(self.text.len());
        }
        let Some(&mark) = self.marks.get(character / STEP) else { return self.text.len() };
        let mut rest = self.text[mark..].char_indices();
        rest.nth(character % STEP).map_or(self.text.len(), |(byte, _)| mark + byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_its_byte() {
        for text in ["", "plain", &"aé漢😀".repeat(50)] {
            let offsets = Offsets::new(text);
            let bytes: Vec<usize> = text.char_indices().map(|(byte, _)| byte).chain([text.len()]).collect();
            for (character, byte) in bytes.iter().enumerate() {
                assert_eq!(offsets.byte(character), *byte);
            }
            assert_eq!(offsets.byte(bytes.len() + 100), text.len());
        }
    }
}
