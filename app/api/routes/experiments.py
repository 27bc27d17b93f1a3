"""Experiments by name: list, show with results, put, delete."""

from typing import Annotated

from fastapi import Path, Request, Response

from app.api.audited_route import note_act
from app.api.bundle_admission import admit_bundles, find_fault, make_bundle_of
from app.api.dependencies import CallersTenant, Serving
from app.api.guarded_route import make_guarded_router
from app.api.mapping.experiments import experiment_answer, results_answer, shadow_answer, to_experiment
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.schemas.experiments import (
    NAME_PATTERN,
    ExperimentAnswer,
    ExperimentDeletion,
    ExperimentListAnswer,
    ExperimentRequest,
    ExperimentResults,
)
from app.errors import ExperimentConflictError, InvalidRequestError, NotFoundError
from app.experiments.assignment import find_conflict
from app.experiments.results import summarise
from app.state.protocol import Experiment, Mode, StoredExperiments
from app.state.protocol.experiments import MOST_EXPERIMENTS

router = make_guarded_router("experiments")

EXPERIMENT = "/experiments/{name}"
Name = Annotated[str, Path(pattern=NAME_PATTERN)]


@router.head("/experiments", include_in_schema=False)
@router.get("/experiments", response_model=ExperimentListAnswer, responses=error_answers(401, 403, 429, 503))
async def list_experiments(tenant: CallersTenant, service: Serving) -> Response:
    """All experiments by name, without their results."""
    stored, now = await tenant.store.experiments.read(), service.clock()
    bundle_of = make_bundle_of(service, tenant)
    answers = [
        experiment_answer(bundle_of, each, now, find_fault(service, each)) for each in stored.experiments
    ]
    return json_response({"experiments": answers})


@router.head(EXPERIMENT, include_in_schema=False)
@router.get(
    EXPERIMENT, response_model=ExperimentResults, responses=error_answers(401, 403, 404, 422, 429, 503)
)
async def show_experiment(name: Name, tenant: CallersTenant, service: Serving) -> Response:
    """An experiment with what its variants brought."""
    experiment = _find(await tenant.store.experiments.read(), name)
    if experiment is None:
        raise _missing()
    sums = await tenant.store.experiments.read_sums(experiment)
    bundle_of, fault = make_bundle_of(service, tenant), find_fault(service, experiment)
    answer = experiment_answer(bundle_of, experiment, service.clock(), fault)
    shadow = None
    if experiment.mode == Mode.SHADOW:
        shadow = shadow_answer(experiment, await tenant.store.experiments.read_totals(experiment))
    return json_response({**answer, **results_answer(summarise(experiment, sums)), "shadow": shadow})


@router.put(EXPERIMENT, response_model=ExperimentAnswer, responses=error_answers(*BODY_ERRORS, 409))
async def put_experiment(
    body: Json[ExperimentRequest], name: Name, tenant: CallersTenant, service: Serving, request: Request
) -> Response:
    """Store an experiment in place of one of its name. Every replica knows it within 5 s.

    Another salt, other variants or another scene begin its results anew.
    """
    now = service.clock()
    bundle_of = make_bundle_of(service, tenant)
    async with service.runtime.extra.keep():
        stored = await tenant.store.experiments.read()
        admitted = await admit_bundles(service, tenant, name, body, stored.experiments, now)
        experiment = to_experiment(bundle_of, name, admitted, _find(stored, name), now)
        note_act(request, f"experiment:{name}", revision=experiment.revision)
        _check_place(experiment, stored, now)
        if not await tenant.store.experiments.write(experiment, stored.version):
            raise ExperimentConflictError(
                "expected no change of experiments at the same moment: send it again"
            )
        await tenant.experiments.refresh()
    return json_response(experiment_answer(bundle_of, experiment, now))


@router.delete(
    EXPERIMENT, response_model=ExperimentDeletion, responses=error_answers(401, 403, 404, 413, 422, 429, 503)
)
async def delete_experiment(name: Name, tenant: CallersTenant, request: Request) -> Response:
    """Delete an experiment and its results. Its users get the answers that all get."""
    note_act(request, f"experiment:{name}")
    if not await tenant.store.experiments.delete(name):
        raise _missing()
    await tenant.experiments.refresh()
    return json_response({"name": name, "deleted": True})


def _find(stored: StoredExperiments, name: str) -> Experiment | None:
    return next((each for each in stored.experiments if each.name == name), None)


def _missing() -> NotFoundError:
    return NotFoundError("expected the name of an experiment, given another", "name")


def _check_place(experiment: Experiment, stored: StoredExperiments, now: float) -> None:
    """Raises ExperimentConflictError where two experiments would meet, and InvalidRequestError above the cap."""
    other = find_conflict(experiment, stored.experiments, now)
    if other is not None:
        where = "all requests" if other.scene is None else f"the scene {other.scene!r}"
        raise ExperimentConflictError(
            f"expected one experiment a request, given one beside {other.name!r}, which is on {where}: "
            "stop or delete it, or give another scene or time",
            "scene",
        )
    if _find(stored, experiment.name) is None and len(stored.experiments) >= MOST_EXPERIMENTS:
        raise InvalidRequestError(f"expected at most {MOST_EXPERIMENTS} experiments, given one more", "name")
