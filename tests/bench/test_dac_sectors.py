"""The shipped list of DAC sectors is what the script makes of IATI's code lists."""

from __future__ import annotations

from actiongraph.settings import shipped
from bench.dac_sectors import as_turtle, read_codes

CATEGORIES = """<codelist><codelist-items>
<codelist-item><code>160</code><name><narrative>Other Social</narrative>
  <narrative xml:lang="fr">Autres</narrative></name></codelist-item>
</codelist-items></codelist>"""
SECTORS = """<codelist><codelist-items>
<codelist-item status="withdrawn"><code>16011</code><name><narrative>Gone</narrative></name>
  <category>160</category></codelist-item>
<codelist-item status="active"><code>16010</code><name><narrative>Social  "Protection"</narrative></name>
  <category>160</category></codelist-item>
</codelist-items></codelist>"""


def test_codes_in_use_stand_under_their_categories_with_their_names(tmp_path):
    (tmp_path / "categories.xml").write_text(CATEGORIES, "utf-8")
    (tmp_path / "sectors.xml").write_text(SECTORS, "utf-8")
    _, category, sector = as_turtle(read_codes(tmp_path / "categories.xml"), read_codes(tmp_path / "sectors.xml"))
    assert 'skos:topConceptOf <dac-sector> ;\n  skos:notation "160" ;' in category
    assert 'skos:prefLabel "Other Social"@en, "Autres"@fr .' in category
    assert 'skos:broader <dac-sector/160> ;\n  skos:notation "16010" ;' in sector
    assert r'skos:prefLabel "Social \"Protection\""@en .' in sector


def test_the_shipped_list_is_made_of_the_lists_of_iati(iati_codelists):
    categories, sectors = (read_codes(iati_codelists / f"{name}.xml") for name in ("SectorCategory", "Sector"))
    made = "\n".join(as_turtle(categories, sectors))
    assert (shipped("ontology") / "dac-sectors.ttl").read_text("utf-8") == made
