"""What setup.cfg cannot say: which packages there are, and that settings.toml travels inside `tornado_ml`."""

from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

SETTINGS = "settings.toml"


class BuildWithSettings(build_py):
    """Copies the default settings from the top of the tree into the package.

    An editable install needs no copy: it finds the file where it stands, and so an edit shows.
    """

    def run(self):
        super().run()
        if not self.editable_mode:
            self.copy_file(SETTINGS, self._copy())

    def get_source_files(self):
        return [*super().get_source_files(), SETTINGS]

    def get_outputs(self, include_bytecode=True):
        outputs = super().get_outputs(include_bytecode)
        return outputs if self.editable_mode else [*outputs, self._copy()]

    def _copy(self):
        return str(Path(self.build_lib, "tornado_ml", SETTINGS))


setup(
    packages=[*find_packages(include=["tornado_ml", "tornado_ml.*"]), "tornado_ml.web"],
    cmdclass={"build_py": BuildWithSettings},
)
