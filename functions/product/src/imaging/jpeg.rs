//! Whether a JPEG is all there: decoders fill what is missing with grey.

/// The marker that ends a picture (ITU-T T.81, annex B).
const END: u8 = 0xd9;

/// Whether the segments of `bytes` lead to the end of the picture.
pub fn is_complete(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0xff)) {
        at += found;
        let Some(marker) = bytes.get(at + 1) else { return false };
        at += match marker {
            // What only fills up.
            0xff => 1,
            // A byte of the picture, or a marker without a segment.
            0x00 | 0x01 | 0xd0..=0xd8 => 2,
            &END => return true,
            _ => match bytes.get(at + 2..at + 4) {
                Some(length) => 2 + usize::from(length[0]) * 256 + usize::from(length[1]),
                None => return false,
            },
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_inside_a_segment_is_not_the_end() {
        // A thumbnail in a segment has an end of its own; then comes the picture: a scan with an escaped ff and a restart.
        let whole = [
            0xff, 0xd8, 0xff, 0xe1, 0, 4, 0xff, 0xd9, 0xff, 0xff, 0xda, 0, 2, 1, 0xff, 0, 0xff, 0xd0, 2,
            0xff, 0xd9,
        ];
        assert!(is_complete(&whole));
        for length in 0..whole.len() {
            assert!(!is_complete(&whole[..length]), "{length}");
        }
    }
}
