"""Settings: typed, from one TOML file, the environment and flags, in that order of precedence.

settings = load(Path("deltaic.toml"), {"server.port": 3001})
settings.clouds[0].driver, settings.clouds[0].config   # the default cloud
settings.database, settings.data, settings.server.port, settings.ec2.sigv2, settings.frontends
"""

from deltaic.settings.load import SettingsError, load
from deltaic.settings.schema import (
    Cloud,
    CloudTable,
    Ec2Settings,
    LoginSettings,
    LogSettings,
    MeterSettings,
    ServerSettings,
    Settings,
    default_data,
)

__all__ = [
    "Cloud",
    "CloudTable",
    "Ec2Settings",
    "LogSettings",
    "LoginSettings",
    "MeterSettings",
    "ServerSettings",
    "Settings",
    "SettingsError",
    "default_data",
    "load",
]
