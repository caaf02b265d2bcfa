"""Steps that several commands take: load the demo shelf, bring the indexes up."""

from typing import TYPE_CHECKING

from broadsheet.cli.output import progress_shown
from broadsheet.demo import shelf_path

if TYPE_CHECKING:
    from broadsheet.services.bundle import Services


def load_demo(services: "Services") -> None:
    """Import the demo shelf into a library that holds no paper yet."""
    if services.library.status().counts.papers == 0:
        with progress_shown() as progress:
            services.importing.run([shelf_path()], progress=progress)


def bring_up_indexes(services: "Services", *, quiet: bool = False) -> int:
    """Index words and embed whatever lacks a vector; return how many were embedded."""
    with progress_shown(quiet=quiet) as progress:
        return services.embedding.run(progress=progress)
