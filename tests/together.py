"""Which tests run in one process: those of a file, and those of files that share an expensive installation.

By path, for the process that gives out the work knows of a test no more than its name.
"""

from xdist.scheduler import LoadFileScheduling

# The demonstration of `make run` in tests/browser; PostgreSQL's two machines behind nginx in tests/deploy.
SHARED = {
    f"tests/{folder}/{file}.py": folder
    for folder, files in {
        "browser": (
            "test_the_whole_way",
            "clinic/test_accounts",
            "clinic/test_other_ways",
            "clinic/test_staff_pages",
        ),
        "deploy": ("test_front", "test_processes", "test_the_primary_dies", "test_two_clocks"),
    }.items()
    for file in files
}


class Together(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return SHARED.get(file, file)
