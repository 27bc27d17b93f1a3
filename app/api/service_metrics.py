"""The metrics of one process of the service, with those that are measured when they are asked for."""

from app.api.dependencies import Service


def render_metrics(service: Service) -> bytes:
    """The metrics in Prometheus' text format."""
    if service.runtime.ready:
        tenant = service.runtime.default_tenant
        service.metrics.set_bundle(tenant.bundle.manifest.model_version)
        service.metrics.set_worse_takeovers(service.runtime.comparison.worse_takeovers)
        service.metrics.set_extra_bundles(len(service.runtime.extra.tenants))
        service.metrics.set_new_items(len(tenant.bundle.new_items.rows))
        if tenant.live is not None:
            service.metrics.set_live_age(tenant.live.measure_age_s())
    return service.metrics.render()
