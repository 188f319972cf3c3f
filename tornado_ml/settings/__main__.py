"""Print the shipped `settings.toml`: `python -m tornado_ml.settings > settings.toml`."""

import sys

from tornado_ml.settings.reference import default_settings_text

sys.stdout.write(default_settings_text())
