"""From text to typed spans: tokens, figures, terms, abbreviations, sentences, sections."""
