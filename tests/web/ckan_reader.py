"""Prints as JSON what CKAN's harvester makes of a catalogue in Turtle; runs where CKAN is installed, not here."""

import json
import sys
from pathlib import Path

from ckanext.dcat.processors import RDFParser

parser = RDFParser(profiles=["euro_dcat_ap_3"])
parser.parse(Path(sys.argv[1]).read_text("utf-8"), _format="turtle")
json.dump(list(parser.datasets()), sys.stdout)
