"""How plans are reviewed: what is opened once, and asked of every plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from askergeo.datapackage import DataPackage
from askergeo.parameters import load_parameters
from askergeo.plan.basis import basis_of, plan_digest
from askergeo.plan.provisions import read_provisions
from askergeo.plan.read import read_plans
from askergeo.plan.review import review
from askergeo.run import require_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from askergeo.dok.config import DokConfig
    from askergeo.parameters import Parameters
    from askergeo.plan.provisions import Provisions
    from askergeo.plan.review import Review
    from askergeo.scenario import ScenarioView

__all__ = ["Job", "Opened"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a review is asked with; it can be sent to another process.

    Parameters
    ----------
    data, scenario
        Folders of the data package and of a scenario over it.
    crs
        Coordinate system of files that name none.
    parameters
        Parameters of the set ``plansjekk`` with another value than the file's.
    configs
        Folder of national DOK configurations that are asked besides.
    provisions
        The plan's provisions, where the names on the map are looked up.
    """

    data: Path | None = None
    scenario: Path | None = None
    crs: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    configs: Path | None = None
    provisions: Path | None = None

    def open(self) -> Opened:
        """Open the data, and read parameters and configurations.

        Raises
        ------
        MissingFileError, PackageError
            When there is no package, or it is a scenario without its base.
        ParameterError, SourceError
            When a parameter, a configuration or the provisions are not as they must be.
        """
        package = None if self.data is None else DataPackage.open(self.data)
        scenario = None if self.scenario is None else DataPackage.open(self.scenario)
        view = package if package is None or scenario is None else scenario.over(package)
        if view is not None:
            require_whole(view)
        configs: Sequence[DokConfig] = ()
        if self.configs is not None:
            from askergeo.dok import read_configs  # noqa: PLC0415  (only when it is asked for)

            configs = tuple(read_configs(self.configs))
        provisions = None if self.provisions is None else read_provisions(self.provisions)
        parameters = load_parameters("plansjekk", self.parameters)
        return Opened(self, package, scenario, view, parameters, configs, provisions)


@dataclass(frozen=True)
class Opened:
    """What a `Job` opens: the package, the scenario, the one over the other, and the rest."""

    job: Job
    package: DataPackage | None
    scenario: DataPackage | None
    view: DataPackage | ScenarioView | None
    parameters: Parameters
    configs: Sequence[DokConfig]
    provisions: Provisions | None = None

    def review(self, files: Sequence[Path]) -> Review:
        """Read the files of a plan and review it.

        Raises
        ------
        AskergeoError
            When a file cannot be read, or the plan cannot be held against the map.
        """
        plan = read_plans(files, crs=self.job.crs)
        return review(
            plan,
            self.view,
            parameters=self.parameters,
            configs=self.configs,
            provisions=self.provisions,
        )

    def basis(self, files: Sequence[Path], **options: object) -> dict[str, Any]:
        """Say what the review of a plan rests on; ``options`` are those beside the job's."""
        own: dict[str, object] = {"crs": self.job.crs, "parametre": dict(self.job.parameters)}
        for name, path in (("dok", self.job.configs), ("bestemmelser", self.job.provisions)):
            own[name] = path and {"navn": path.name, "sha256": plan_digest([path])}
        return basis_of(files, self.package, self.scenario, options=own | options)
