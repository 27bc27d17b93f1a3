"""Admit the bundles that an experiment names: those of the folder of bundles alone, within the cap, verified as any."""

from collections.abc import Sequence

from app.api.dependencies import Service
from app.api.mapping.experiments import BundleOf
from app.api.schemas.experiments import ExperimentRequest
from app.bundle.bundle import LoadedBundle
from app.bundle_choice import UnknownBundleNameError, find_bundle
from app.errors import BadBundleError, ForbiddenError, TooManyBundlesError, UnknownBundleError
from app.experiments.assignment import list_bundles
from app.extra_bundles import TooManyBundlesNamedError
from app.state.protocol import Experiment, NamedBundle, Variant
from app.tenant import Tenant
from app.worker_thread import run_in_thread
from models.contract.bundle import BundleError, read_manifest


def make_bundle_of(service: Service, tenant: Tenant) -> BundleOf:
    """The bundle that answers for a variant of a tenant's experiment."""

    def bundle_of(variant: Variant) -> LoadedBundle | None:
        found = service.runtime.bundle_for(tenant, variant)
        return None if found is None else found.bundle

    return bundle_of


def find_fault(service: Service, experiment: Experiment) -> str | None:
    """Why a bundle of a live experiment is not in memory; None if all are."""
    for named in service.runtime.list_extra(
        variant.bundle for variant in experiment.variants if variant.bundle
    ):
        if service.runtime.extra.find(named) is None:
            return f"the bundle {named.name!r} is not in memory: {service.runtime.extra.find_fault(named)}"
    return None


async def admit_bundles(
    service: Service,
    tenant: Tenant,
    name: str,
    body: ExperimentRequest,
    stored: Sequence[Experiment],
    now: float,
) -> ExperimentRequest:
    """The experiment with the version of each bundle that it names, which is in memory then.

    Raises ForbiddenError for a tenant's experiment, as memory is that of the installation, and UnknownBundleError,
    BadBundleError and TooManyBundlesError.
    """
    others = [each for each in list_bundles(stored, now) if not _is_of(each, name, stored)]
    variants, wanted = [], service.runtime.list_extra(others)
    for index, variant in enumerate(body.variants):
        if variant.bundle is None:
            variants.append(variant)
            continue
        field = f"variants.{index}.bundle"
        if not tenant.is_default:
            raise ForbiddenError("expected a key without a tenant to name a bundle", field)
        named = await _find_version(service, variant.bundle, field)
        if variant.model_version not in (None, named.model_version):
            raise BadBundleError(
                f"expected the version {named.model_version}, given {variant.model_version!r}",
                f"variants.{index}.model_version",
            )
        if extra := service.runtime.list_extra([named]):
            wanted = [*wanted, *extra]
            await _load(service, named, wanted, field)
        variants.append(variant.model_copy(update={"model_version": named.model_version}))
    return body.model_copy(update={"variants": variants})


def _is_of(named: NamedBundle, name: str, stored: Sequence[Experiment]) -> bool:
    """Whether the experiment of this name alone names a bundle."""
    namers = {each.name for each in stored for variant in each.variants if variant.bundle == named}
    return namers == {name}


async def _find_version(service: Service, bundle: str, field: str) -> NamedBundle:
    settings = service.runtime.settings
    try:
        folder = find_bundle(settings.bundle_dir, bundle)
        manifest = await run_in_thread(lambda: read_manifest(folder, settings.signing_key))
    except UnknownBundleNameError as error:
        raise UnknownBundleError(
            "expected the name of a bundle in the bundles folder, given another", field
        ) from error
    except BundleError as error:
        raise BadBundleError(str(error), field) from error
    return NamedBundle(bundle, manifest.model_version)


async def _load(service: Service, named: NamedBundle, wanted: Sequence[NamedBundle], field: str) -> None:
    try:
        service.runtime.extra.check_room(wanted)
        await service.runtime.extra.load(named)
    except TooManyBundlesNamedError as error:
        raise TooManyBundlesError(str(error), field) from error
    except (BundleError, OSError) as error:
        raise BadBundleError(str(error), field) from error
