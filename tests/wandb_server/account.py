"""Who the client is and what the server can do."""

from __future__ import annotations

from .state import ENTITY, Json, State


def show_viewer(state: State, variables: Json) -> Json:
    """Tell whose key it is: the client asks at its first run, and where no entity is given."""
    return {
        "viewer": {
            "id": "VXNlcjox",
            "entity": ENTITY,
            "username": ENTITY,
            "name": ENTITY,
            "email": f"{ENTITY}@example.invalid",
            "admin": False,
            "flags": "{}",
            "deletedAt": None,
            "apiKeys": {"edges": []},
            "teams": {"edges": [{"node": {"name": ENTITY}}]},
        }
    }


def show_features(state: State, variables: Json) -> Json:
    """Tell that a scheduler may put runs into a sweep; beyond that the client is to use what every server has."""
    return {"serverInfo": {"features": [{"name": "SWEEPS_LOCAL_SCHEDULER", "isEnabled": True}]}}


def show_server(state: State, variables: Json) -> Json:
    """Tell a version so high that the client does not speak of upgrades."""
    version = "0.99.0"
    latest = {"outOfDate": False, "latestVersionString": version, "versionOnThisInstanceString": version}
    return {"serverInfo": {"cliVersionInfo": {"max_cli_version": version}, "latestLocalVersionInfo": latest}}


OPERATIONS = {
    "GetDefaultEntity": show_viewer,
    "GetViewer": show_viewer,
    "OrgFeatureFlags": lambda state, variables: {"organization": {"featureFlags": []}},
    "OrganizationCoreWeaveOrganizationID": lambda state, variables: {"entity": {"organization": None}},
    "ServerFeaturesQuery": show_features,
    "ServerInfo": show_server,
    "ServerInfoQuery": show_server,
    "Viewer": show_viewer,
    "XXHashDigestsEnabled": lambda state, variables: {"entity": {"xxhashDigestsEnabled": False}},
}
