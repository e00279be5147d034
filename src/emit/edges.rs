//! The order of tasks as Python: as few chains `a >> b >> [c, d]` as a reader would write.

use crate::python::{Expr, INDENT, WIDTH, literal::width};
use std::collections::BTreeMap;

/// The order of tasks, as statements.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// Statements laid out for one level of indentation, without that of their first line.
    pub(super) statements: Vec<String>,
    /// They call `cross_downstream`.
    pub(super) has_cross: bool,
}

/// All of `from` come before all of `to`.
#[derive(Debug)]
struct Bundle {
    from: Vec<usize>,
    to: Vec<usize>,
}

/// Writes edges between tasks, given by their numbers; `names` are their variables.
pub(super) fn order(edges: &[(usize, usize)], names: &[String]) -> Order {
    let mut order = Order::default();
    let mut bundles = bundles(edges);
    let mut starts: BTreeMap<Vec<usize>, usize> =
        bundles.iter().enumerate().map(|(n, bundle)| (bundle.from.clone(), n)).collect();
    let mut is_done = vec![false; bundles.len()];
    // A bundle that another one leads to waits until that one's chain takes it up.
    let is_led_to: Vec<bool> = {
        let ends: std::collections::BTreeSet<&Vec<usize>> = bundles.iter().map(|bundle| &bundle.to).collect();
        bundles.iter().map(|bundle| ends.contains(&bundle.from)).collect()
    };
    let first: Vec<usize> = (0..bundles.len()).filter(|n| !is_led_to[*n]).collect();
    let mut chains = Vec::new();
    for start in first.into_iter().chain(0..bundles.len()) {
        let mut next = Some(start);
        let mut chain: Vec<Vec<usize>> = Vec::new();
        while let Some(n) = next {
            if std::mem::replace(&mut is_done[n], true) {
                break;
            }
            let Bundle { from, to } =
                std::mem::replace(&mut bundles[n], Bundle { from: Vec::new(), to: Vec::new() });
            starts.remove(&from);
            if chain.is_empty() {
                chain.push(from);
            }
            next = starts.get(&to).copied();
            chain.push(to);
        }
        if !chain.is_empty() {
            chains.push(chain);
        }
    }
    chains.sort_by(|a, b| a[0].cmp(&b[0]));
    for chain in chains {
        write_chain(&mut order, &chain, names);
    }
    order
}

/// Puts the tasks together that lead to the same tasks.
fn bundles(edges: &[(usize, usize)]) -> Vec<Bundle> {
    let mut targets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (from, to) in edges {
        targets.entry(*from).or_default().push(*to);
    }
    let mut sources: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for (from, mut to) in targets {
        to.sort_unstable();
        to.dedup();
        sources.entry(to).or_default().push(from);
    }
    let mut bundles: Vec<Bundle> = sources.into_iter().map(|(to, from)| Bundle { from, to }).collect();
    bundles.sort_by(|a, b| a.from.cmp(&b.from));
    bundles
}

/// Writes a chain as far as Python and the width of a line allow, and goes on with the next statement.
fn write_chain(order: &mut Order, chain: &[Vec<usize>], names: &[String]) {
    let mut at = 0;
    while at + 1 < chain.len() {
        if chain[at].len() > 1 && chain[at + 1].len() > 1 {
            order.has_cross = true;
            let arguments = vec![list(&chain[at], names), list(&chain[at + 1], names)];
            let call = Expr::Call("cross_downstream".to_owned(), arguments, Vec::new());
            order.statements.push(call.layout(INDENT, INDENT, 0));
            at += 1;
            continue;
        }
        let mut text = operand(&chain[at], names);
        let mut end = at;
        while let Some(next) = chain.get(end + 1) {
            let joined = format!("{text} >> {}", operand(next, names));
            let is_writable = chain[end].len() == 1 || next.len() == 1;
            if !is_writable || INDENT + width(&joined) > WIDTH {
                break;
            }
            text = joined;
            end += 1;
        }
        if end == at {
            text = long_pair(&chain[at], &chain[at + 1], names);
            end = at + 1;
        }
        order.statements.push(text);
        at = end;
    }
}

/// Writes a pair that is too long for one line.
fn long_pair(from: &[usize], to: &[usize], names: &[String]) -> String {
    match (from, to) {
        ([from], [to]) => {
            let call = format!("{}.set_downstream", names[*from]);
            Expr::call_with(call, Expr::code(&names[*to])).layout(INDENT, INDENT, 0)
        }
        ([from], to) => {
            let head = format!("{} >> ", names[*from]);
            let column = INDENT + width(&head);
            head + &list(to, names).layout(INDENT, column, 0)
        }
        (from, to) => {
            let tail = format!(" >> {}", operand(to, names));
            list(from, names).layout(INDENT, INDENT, width(&tail)) + &tail
        }
    }
}

fn operand(tasks: &[usize], names: &[String]) -> String {
    match tasks {
        [task] => names[*task].clone(),
        tasks => {
            format!("[{}]", tasks.iter().map(|task| names[*task].as_str()).collect::<Vec<_>>().join(", "))
        }
    }
}

fn list(tasks: &[usize], names: &[String]) -> Expr {
    Expr::List(tasks.iter().map(|task| Expr::code(&names[*task])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_become_chains() {
        let names: Vec<String> = "abcdefgh".chars().map(String::from).collect();
        for (edges, expected) in [
            (vec![], vec![]),
            (vec![(0, 1), (1, 2)], vec!["a >> b >> c"]),
            (vec![(0, 1), (0, 2), (2, 3), (3, 4), (3, 5)], vec!["a >> [b, c]", "c >> d >> [e, f]"]),
            (vec![(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)], vec!["a >> [b, c] >> d >> e"]),
            (vec![(0, 2), (1, 2), (1, 3)], vec!["a >> c", "b >> [c, d]"]),
            (vec![(0, 2), (1, 2), (0, 3), (1, 3)], vec!["cross_downstream([a, b], [c, d])"]),
            (vec![(0, 2), (1, 3), (2, 4), (3, 4)], vec!["a >> c", "b >> d", "[c, d] >> e"]),
        ] {
            assert_eq!(order(&edges, &names).statements, expected, "{edges:?}");
        }
    }

    #[test]
    fn long_lists_stand_one_a_line() {
        let names: Vec<String> = (0..20).map(|n| format!("load_{n}")).collect();
        let edges: Vec<_> = (1..19).flat_map(|n| [(0, n), (n, 19)]).collect();
        let order = order(&edges, &names);
        assert_eq!(order.statements.len(), 2);
        assert!(order.statements[0].starts_with("load_0 >> [\n        load_1,\n"));
        assert!(order.statements[1].ends_with("        load_18,\n    ] >> load_19"));
    }
}
