//! Whether two conversations are the same one, block by block; and that nothing of one surface shows on another.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::conversation::Block;
use crate::surface::Surface;

/// Fails with what differs unless `candidate` is `control`, block by block. Prints how many blocks are the same.
pub fn assert_same(what: &str, control: &[Block], candidate: &[Block]) {
    let (same, differing) = differences(control, candidate);
    report(&format!("{what}: {same} of {} blocks", control.len()));
    assert!(differing.is_empty(), "{what} differs (- never moved, + handed over):\n{}", differing.join("\n"));
    assert_eq!(same, control.len(), "{what}: a block was counted wrongly");
}

/// Fails with what differs unless `candidate` begins with `control`. Gives what follows.
pub fn assert_extends<'a>(what: &str, control: &[Block], candidate: &'a [Block]) -> &'a [Block] {
    let (begins, follows) = candidate.split_at(control.len().min(candidate.len()));
    assert_same(what, control, begins);
    follows
}

/// Fails if a path of `surface` is anywhere in a request.
pub fn assert_no_path_of(surface: &Surface, body: &Value) {
    let body = body.to_string();
    for (name, root) in surface.roots() {
        if let Some(at) = body.find(&root) {
            let around: String = body[..at].chars().rev().take(200).collect();
            let around: String = around.chars().rev().collect();
            panic!("the {name} of another surface, {root}, is in a request after …{around}");
        }
    }
}

/// How many blocks are in both, in order, and a line for each that is not.
pub fn differences(control: &[Block], candidate: &[Block]) -> (usize, Vec<String>) {
    let whole = |blocks: &[Block]| blocks.iter().map(|b| format!("{b:?}")).collect::<Vec<_>>();
    let (olds, news) = (whole(control), whole(candidate));
    let (old_refs, new_refs): (Vec<&str>, Vec<&str>) =
        (olds.iter().map(String::as_str).collect(), news.iter().map(String::as_str).collect());
    let diff = TextDiff::from_slices(&old_refs, &new_refs);
    let (mut same, mut differing) = (0, Vec::new());
    for change in diff.iter_all_changes() {
        match (change.tag(), change.old_index(), change.new_index()) {
            (ChangeTag::Delete, Some(i), _) => differing.push(format!("- {i} {}", control[i])),
            (ChangeTag::Insert, _, Some(i)) => differing.push(format!("+ {i} {}", candidate[i])),
            _ => same += 1,
        }
    }
    (same, differing)
}

#[expect(clippy::print_stderr, reason = "the counts are what the suite is run for")]
fn report(line: &str) {
    eprintln!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Kind, conversation};
    use serde_json::json;

    fn request() -> Value {
        json!({"messages": [
            {"role": "user", "content": "fix it"},
            {"role": "assistant", "content": [{"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "1", "name": "Bash", "input": {"command": "sh", "why": "to see"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "no", "is_error": true}]},
            {"role": "user", "content": [{"type": "image", "source": {"data": "AAAA"}}]},
        ]})
    }

    fn differing(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut other = request();
        change(&mut other["messages"]);
        differences(&conversation(&request()), &conversation(&other)).1
    }

    #[test]
    fn the_same_conversation_is_the_same() {
        assert_eq!(conversation(&request()).len(), 5);
        assert!(differing(|_| ()).is_empty());
        // The order of members is no difference.
        assert!(differing(|m| m[1]["content"][1]["input"] = json!({"why": "to see", "command": "sh"})).is_empty());
    }

    #[test]
    fn every_kind_of_difference_is_one() {
        let changes: [&dyn Fn(&mut Value); 7] = [
            &|m| m[0]["content"] = "fix that".into(),
            &|m| m[1]["content"][0]["text"] = "I looked.".into(),
            &|m| m[1]["content"][1]["input"]["command"] = "bash".into(),
            &|m| m[2]["content"][0]["content"] = "yes".into(),
            &|m| m[2]["content"][0]["is_error"] = false.into(),
            &|m| m[2]["content"][0]["tool_use_id"] = "2".into(),
            &|m| m[3]["content"][0]["source"]["data"] = "BBBB".into(),
        ];
        for change in changes {
            assert_eq!(differing(change).len(), 2);
        }
    }

    #[test]
    fn a_block_that_is_missing_or_too_many_is_a_difference() {
        let blocks = conversation(&request());
        for i in 0..blocks.len() {
            let mut fewer = blocks.clone();
            let dropped = fewer.remove(i);
            assert_eq!(differences(&blocks, &fewer), (blocks.len() - 1, vec![format!("- {i} {dropped}")]));
            assert_eq!(differences(&fewer, &blocks).1, [format!("+ {i} {dropped}")]);
        }
        let mut swapped = blocks.clone();
        swapped.swap(0, 1);
        assert!(!differences(&blocks, &swapped).1.is_empty());
    }

    #[test]
    fn what_follows_the_shared_part_is_given() {
        let blocks = conversation(&request());
        let more = [blocks.clone(), vec![Block::new(Kind::User, "go on")]].concat();
        assert_eq!(assert_extends("compare/self", &blocks, &more), [Block::new(Kind::User, "go on")]);
    }
}
