//! Byte counts for messages.

/// Formats a byte count in decimal units, such as `8.1 GB`. Kilobytes are rounded up, so that a small size is not displayed as 0.
pub fn format_bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..10_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        10_000_000..1_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_each_unit() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_001, "2 kB"),
            (9_900_000, "9.9 MB"),
            (64_000_000, "64 MB"),
            (8_100_000_000, "8.1 GB"),
        ] {
            assert_eq!(format_bytes(bytes), text);
        }
    }
}
