"""The same few examples in every run, and many new ones with `--hypothesis-profile=explore`."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

# A failure then belongs to the change that is tested, and not to the day.
settings.register_profile(
    "steady",
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "explore", settings.get_profile("steady"), max_examples=400, derandomize=False, phases=list(Phase)
)
settings.load_profile("steady")
