"""The page on which all pictures stand side by side."""

from __future__ import annotations

from pathlib import Path

from deploy.screenshots.album import write_album


def test_every_picture_stands_under_its_role(tmp_path: Path) -> None:
    pictures = [tmp_path / "en" / who / f"{name}-phone-dark.png" for who in ("crew", "ops") for name in ("a", "b")]
    for picture in pictures:
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.touch()
    page = write_album(tmp_path, pictures).read_text()
    assert page.index("<h2>en/crew</h2>") < page.index('src="en/crew/b-phone-dark.png"') < page.index("<h2>en/ops</h2>")
    assert page.count("<img ") == len(pictures)
