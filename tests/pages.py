"""Pages for the tests: one story in each of the shapes in which outlets wrap a text and their sidebar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

Shape = Callable[[str, Sequence[str], Sequence[str]], str]
NAV = '<ul class="menu"><li><a href="/">Home</a></li><li><a href="/news">News</a></li><li><a href="/about">About</a></li></ul>'
FOOT = '<footer><p>All rights reserved by nobody at all.</p><a href="/imprint">Imprint</a></footer>'


def paragraphs(texts: Sequence[str], tag: str = "p") -> str:
    """Each text in an element of its own, its lines broken by ``<br>``."""
    return "".join(f"<{tag}>{'<br>'.join(escape(line) for line in text.splitlines())}</{tag}>" for text in texts)


def page(title: str, body: str) -> str:
    """A whole page around the markup of a body."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} - Outlet</title>'
        f'<meta property="og:title" content="{escape(title)}"></head><body><header>{NAV}</header>{body}{FOOT}</body></html>'
    )


def elementor(title: str, texts: Sequence[str], sidebar: Sequence[str]) -> str:
    """Body and sidebar each in a text-editor widget."""
    widget = '<div class="elementor-element elementor-widget elementor-widget-text-editor"><div class="elementor-widget-container">'
    heading = f'<div class="elementor-widget elementor-widget-heading"><h1>{escape(title)}</h1></div>'
    return page(
        title,
        f'<div class="elementor elementor-location-single"><section class="elementor-section"><div class="elementor-column">'
        f"{heading}{widget}{paragraphs(texts)}</div></div></div></section><section class='elementor-section'>"
        f"<div class='elementor-column'>{widget}{paragraphs(sidebar)}</div></div></div></section></div>",
    )


def own_div(title: str, texts: Sequence[str], sidebar: Sequence[str]) -> str:
    """The sidebar's paragraphs follow in the article's own container."""
    return page(
        title,
        f'<main><article><h1>{escape(title)}</h1><div class="entry-content">{paragraphs(texts)}{paragraphs(sidebar)}'
        f"</div></article></main>",
    )


def table_layout(title: str, texts: Sequence[str], sidebar: Sequence[str]) -> str:
    """Two cells of one table."""
    return page(
        title,
        f'<table width="100%"><tr><td valign="top"><h1>{escape(title)}</h1>{paragraphs(texts)}</td>'
        f'<td valign="top">{paragraphs(sidebar)}</td></tr></table>',
    )


def aside_after_main(title: str, texts: Sequence[str], sidebar: Sequence[str]) -> str:
    """An aside behind main."""
    return page(
        title,
        f"<main><article><h1>{escape(title)}</h1>{paragraphs(texts)}</article></main><aside>{paragraphs(sidebar)}</aside>",
    )


def aside_inside_main(title: str, texts: Sequence[str], sidebar: Sequence[str]) -> str:
    """An aside within main."""
    return page(
        title,
        f"<main><article><h1>{escape(title)}</h1>{paragraphs(texts)}</article><aside>{paragraphs(sidebar)}</aside></main>",
    )


def widget_area(title: str, texts: Sequence[str], sidebar: Sequence[str]) -> str:
    """WordPress' classic sidebar."""
    return page(
        title,
        f'<div id="primary" class="content-area"><article class="post"><header class="entry-header"><h1>{escape(title)}</h1>'
        f'</header><div class="entry-content">{paragraphs(texts)}</div></article></div>'
        f'<div id="secondary" class="widget-area"><section class="widget widget_text">{paragraphs(sidebar)}</section></div>',
    )


def elementor_post_content(title: str, texts: Sequence[str], sidebar: Sequence[str]) -> str:
    """Elementor's own widget for the content of a post."""
    return page(
        title,
        f'<div class="elementor-widget elementor-widget-theme-post-title"><h1>{escape(title)}</h1></div>'
        f'<div class="elementor-widget elementor-widget-theme-post-content"><div class="elementor-widget-container">'
        f'{paragraphs(texts)}</div></div><div class="elementor-widget elementor-widget-text-editor">'
        f"{paragraphs(sidebar)}</div>",
    )


def divs(title: str, texts: Sequence[str], sidebar: Sequence[str]) -> str:
    """Paragraphs that are divs."""
    return page(
        title,
        f'<div class="content"><h1>{escape(title)}</h1>{paragraphs(texts, "div")}</div>'
        f'<div class="side">{paragraphs(sidebar, "div")}</div>',
    )


SHAPES: tuple[Shape, ...] = (
    elementor,
    own_div,
    table_layout,
    aside_after_main,
    aside_inside_main,
    widget_area,
    elementor_post_content,
    divs,
)
