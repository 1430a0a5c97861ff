"""Pages written for the tests."""

from __future__ import annotations

TITLE = "Weekly icodec matches daily glargine in people new to insulin"

PARAGRAPHS = (
    "Adults with type 2 diabetes who had never used insulin did at least as well with one weekly injection of icodec "
    "as with daily glargine, according to the ONWARDS 1 trial (NCT04460885).",
    "Among 984 participants, mean glycated haemoglobin fell from 8.50% to 6.93% with icodec and from 8.44% to 7.12% "
    "with glargine at week 52, an estimated difference of −0.19 percentage points.",
    "Severe hypoglycaemia was rare in either group, fewer than 10^-1 events per person-year, and the body-mass index "
    "averaged 30 kg/m^2. The full report appeared the same day.",
    "“One needle a week instead of seven could change who agrees to start,” an investigator said.",
)

BODY_HTML = (
    "<p>Adults with type 2 diabetes who had never used insulin did at least as well with one weekly injection of "
    "<em>icodec</em> as with <b>daily</b> glargine, according to the <strong>ONWARDS 1</strong> trial "
    '(<a href="https://clinicaltrials.gov/study/NCT04460885">NCT04460885</a>).</p>'
    "<p>Among 984 participants, mean glycated haemoglobin fell from 8.50% to 6.93% with icodec and from 8.44% to 7.12% "
    "with glargine at week 52, an estimated difference of −0.19 percentage points.<sup>1</sup></p>"
    "<p>Severe hypoglycaemia was rare in either group, fewer than 10<sup>-1</sup> events per person-year, and the "
    'body-mass index averaged 30 kg/m<sup>2</sup>. The <a href="https://doi.org/10.1056/NEJMoa2303208">full report</a> '
    "appeared the same day.</p>"
    "<p>“One needle a week instead of seven could change who agrees to start,” an investigator said.</p>"
)

BODY = "\n\n".join(PARAGRAPHS)

NEVER = (
    "Articles You May Like", "Turin", "savers", "Leave a Reply", "Required fields", "newsletter", "cookies", "Share on",
    "My aunt", "All rights reserved", "Home", "Lindqvist",
)  # fmt: skip

RELATED = (
    "Striker signs a record deal in Turin",
    "What the new tax year means for savers",
    "Inside the festival that sold out in 9 minutes",
)

JSON_LD = """{"@context": "https://schema.org", "@graph": [
 {"@type": "WebSite", "name": "Health Ledger"},
 {"@type": ["NewsArticle"], "headline": "Weekly icodec matches daily glargine in people new to insulin",
  "datePublished": "2023-06-24T09:30:00+01:00", "inLanguage": "en-GB", "articleSection": "Health",
  "author": [{"@type": "Person", "name": "Mara Lindqvist"}, {"@type": "Person", "name": "Tom Okafor"}],
  "publisher": {"@type": "Organization", "name": "Health Ledger"}}]}"""


def news_page(*, head: str = "", body: str = BODY_HTML, title: str = TITLE) -> str:
    """Return a news page with the usual surroundings."""
    related = "".join(f'<li><a href="/r/{number}">{line}</a></li>' for number, line in enumerate(RELATED))
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} | Health Ledger</title>{head}
</head><body><header><nav><ul><li><a href="/">Home</a></li><li><a href="/health">Health</a></li></ul></nav></header>
<div class="cookie-bar">We use cookies to improve your visit. <button>Accept</button></div>
<main><article><h1>{title}</h1><div class="byline">By Mara Lindqvist and Tom Okafor, MD</div>
<time datetime="2023-06-24">24 June 2023</time>
<div class="share">Share on <a href="#">Facebook</a> <a href="#">Twitter</a></div>
{body}
<p><a href="/health">Health</a></p>
<h3>Articles You May Like</h3><ul>{related}</ul>
<h3>Subscribe to our newsletter</h3><p>Enter your email to get the news every week.</p>
<div id="respond"><h3>Leave a Reply</h3><p>Your email address will not be shown here. Required fields are marked *</p>
<form><textarea></textarea></form></div></article></main>
<section class="comments"><h3>2 Comments</h3>
<p>My aunt used this for 12 months and lost 30% of her weight, she says.</p>
</section><footer><p>Copyright © 2023 Health Ledger. All rights reserved.</p></footer></body></html>"""


def copied_page() -> str:
    """Return a page whose boilerplate stands in the same plain paragraphs as the article."""
    lines = "".join(f"<p>{line}</p>" for line in RELATED)
    return (
        f"<html><head><title>{TITLE}</title></head><body><div><h1>{TITLE}</h1>{BODY_HTML}<p>Health</p>"
        f"<p>Articles You May Like</p>{lines}<p>Leave a Reply</p>"
        "<p>Your email address will not be shown here. Required fields are marked *</p></div></body></html>"
    )


def broken_line_page() -> str:
    """Return a page whose paragraphs are set off by line breaks only."""
    body = BODY_HTML.replace("<p>", "").replace("</p>", "<br><br>\n")
    lines = "<br>".join(RELATED)
    return (
        f"<html><head><title>{TITLE}</title></head><body><div><h1>{TITLE}</h1>{body}Health<br><br>"
        f"Articles You May Like<br><br>{lines}<br><br>Leave a Reply<br><br>"
        "Your email address will not be shown here. Required fields are marked *</div></body></html>"
    )
