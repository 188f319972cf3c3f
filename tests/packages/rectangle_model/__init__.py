__version_info__ = ("2", "1")
__qualified_name__ = __name__.split(".")[0]
