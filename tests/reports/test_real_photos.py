"""Reports of real photos: every form can be made of what the pipeline really answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cutis.reports.html import to_html
from cutis.reports.json import from_json, schema, to_json
from cutis.reports.maps import condition_map, skin_map
from cutis.reports.table import assessments_csv, findings_csv
from cutis.wiring import examine


@pytest.mark.shared
@pytest.mark.model
@pytest.mark.parametrize("name", ["002", "006", "012", "027"])
def test_a_real_photo_has_every_report(shared_dir: Path, bundle: Path, name: str):
    found = examine(shared_dir / "data" / "clean" / "interfaces" / f"{name}.jpg")
    text = to_json(found.assessment)
    Draft202012Validator(schema()).validate(json.loads(text))
    assert to_json(from_json(text)) == text
    page = to_html(found)
    assert page.rstrip().endswith("</html>")
    assert ("cannot be measured yet" in page) is not found.assessment.usable
    rows = [(name, found.assessment)]
    assert assessments_csv(rows).count("\r\n") == 2
    assert findings_csv(rows).count("\r\n") == 1 + len(found.assessment.findings)
    maps = [condition_map(found, condition) for condition in found.maps]
    for made in (*maps, skin_map(found)):
        assert made is None or made.shape == found.photo.rgb.shape[:2]
