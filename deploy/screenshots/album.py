"""A page that shows all pictures side by side, to be looked through."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

_HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Zakrila: screenshots</title>
<style>
body { font: 15px system-ui, sans-serif; margin: 1rem; background: #f4f6f8; color: #14202b; }
h2 { position: sticky; top: 0; background: #f4f6f8; padding: .3rem 0; }
.shots { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
figure { margin: 0; } figcaption { font-size: .85rem; }
img { height: 26rem; max-width: 40rem; object-fit: cover; object-position: top; border: 1px solid #74838f; }
</style>
<h1>Screenshots</h1>
"""


def write_album(out: Path, pictures: Sequence[Path]) -> Path:
    """Write the page; return where it is."""
    parts = [_HEAD]
    folders: dict[Path, list[Path]] = {}
    for picture in pictures:
        folders.setdefault(picture.parent, []).append(picture)
    for folder, files in folders.items():
        parts.append(f'<h2>{escape(str(folder.relative_to(out)))}</h2>\n<div class="shots">\n')
        for file in files:
            address = escape(file.relative_to(out).as_posix())
            parts.append(
                f'<figure><a href="{address}"><img src="{address}" loading="lazy" alt="{escape(file.stem)}"></a>'
                f"<figcaption>{escape(file.stem)}</figcaption></figure>\n"
            )
        parts.append("</div>\n")
    album = out / "index.html"
    album.write_text("".join(parts), encoding="utf-8")
    return album
