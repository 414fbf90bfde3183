//! Base64 as AWS writes blobs in JSON: the standard alphabet, padded (RFC 4648, section 4).
//!
//! Must never: take a text that is no base64 for one.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes; nothing when the text is not base64.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take_while(|b| **b == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text[..text.len() - padding].chunks(4) {
        let mut bits = 0u32;
        for letter in four {
            let value = ALPHABET.iter().position(|a| a == letter)?;
            bits = bits << 6 | u32::try_from(value).ok()?;
        }
        let missing = 4 - four.len();
        bits <<= 6 * missing;
        let three = bits.to_be_bytes();
        bytes.extend(&three[1..4 - missing]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_rfc_are_read() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(decode(text).as_deref(), Some(plain.as_bytes()));
        }
        for other in ["Zg=", "a=b=", "not base64", "====", "Zm9v!"] {
            assert_eq!(decode(other), None, "{other}");
        }
    }
}
