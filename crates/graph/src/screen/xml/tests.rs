//! Windows of any size see what a whole document shows.

use proptest::prelude::*;

use super::*;

/// Documents are put together of these, so that tags match now and then and what is wrong stands at every place of a window.
const PARTS: [&str; 26] = [
    "<a>",
    "</a>",
    "<bö x=\"1>2\" y='&s;'>",
    "</bö>",
    "<c/>",
    "text å\n",
    "&s;&amp;",
    "<!-- en > kommentar -->",
    "<![CDATA[ <x> ]]>",
    "<?xml version=\"1.0\"?>",
    "<!DOCTYPE r [ <!ENTITY s 'fyra'> <!-- k --> <!ENTITY t \"t\"> ]>",
    "<!DOCTYPE r SYSTEM \"x\">",
    "<!DOCTYPE r [ <!ENTITY % p 'x'> ]>",
    "<!DOCTYPE r [ <!ENTITY s '&s;&t;'> ]>",
    "<!DOCTYPE r [ <!ENTITY s 'för lång för gränsen här'> ]>",
    "<!DOCTYPE r [ <!ELEMENT r ANY> ]>",
    "<!DOCTYPE r",
    "<!annat>",
    "<",
    "<!",
    "<!-- öppen",
    "<d x='",
    "\n\n",
    "http://www.w3.org/2001/XInclude",
    "<a x='http://www.w3.org/2001/XInclude'/>",
    "&s;&s;&s;&s;&s;",
];

fn limits() -> GraphLimits {
    GraphLimits {
        depth_max: 3,
        entity_bytes_max: 12,
        expanded_bytes_max: 30,
        ..GraphLimits::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn through_a_window_the_same_is_seen_at_the_same_place(parts in prop::collection::vec(0..PARTS.len(), 0..9), whole in any::<bool>(), size in 1_usize..200) {
        let inner: String = parts.iter().filter_map(|at| PARTS.get(*at)).copied().collect();
        let text = if whole { format!("<r>{inner}</r>") } else { inner };
        let by_bytes = screen(text.as_bytes(), "s", &limits());
        let by_window = by_windows(text.as_bytes(), "s", &limits(), size).unwrap();
        prop_assert_eq!(by_bytes, by_window, "{}", text);
    }
}

#[test]
fn a_document_without_references_is_screened_in_one_look() {
    let text = format!("<r>{}</r>", "<a x='1'>b</a>".repeat(100_000));
    let limits = GraphLimits::default();
    let began = std::time::Instant::now();
    assert!(screen(text.as_bytes(), "s", &limits).is_ok() && screen_stream(text.as_bytes(), "s", &limits).unwrap().is_ok());
    // A look through the rest for each text took more than a thousand times as long.
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn a_text_longer_than_any_literal_is_refused_before_it_is_held() {
    let limits = GraphLimits {
        literal_bytes_max: 100,
        ..GraphLimits::default()
    };
    let endless = b"<r>\n<a>".chain(io::repeat(b'x'));
    let refused = by_windows(endless, "s", &limits, 64).unwrap().unwrap_err();
    assert_eq!(refused.id, "literal-too-long");
    assert_eq!(refused.position.map(|at| (at.line, at.column)), Some((2, 4)));
    let long = format!("<r><a>{}</a></r>", "x".repeat(1_500));
    assert!(by_windows(long.as_bytes(), "s", &limits, 64).unwrap().is_ok());
}
