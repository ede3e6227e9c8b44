"""Artifacts: a version is created, its files and its manifest are uploaded, and it is committed."""

from __future__ import annotations

import json

from .state import Artifact, Json, State, make_id


def create_artifact(state: State, variables: Json) -> Json:
    """Create a version of an artifact; one whose digest is there already is `COMMITTED`: the client uploads nothing."""
    given = variables["input"]
    name = (
        given["artifactCollectionNames"][0] if given.get("artifactCollectionNames") else given["artifactCollectionName"]
    )
    same = (
        version for version in state.artifacts.values() if (version.name, version.digest) == (name, given["digest"])
    )
    artifact = next(same, None)
    if artifact is None:
        artifact = Artifact(
            id=make_id("Artifact", str(len(state.artifacts) + 1)),
            name=name,
            type=given["artifactTypeName"],
            digest=given["digest"],
            run=given.get("runName"),
            aliases=[alias["alias"] for alias in given.get("aliases") or []],
            metadata=json.loads(given.get("metadata") or "{}"),
        )
        state.artifacts[artifact.id] = artifact
    latest = next((version.id for version in state.artifacts.values() if version.state == "COMMITTED"), None)
    sequence = {"latestArtifact": latest and {"id": latest}}
    return {"createArtifact": {"artifact": {"id": artifact.id, "state": artifact.state, "artifactSequence": sequence}}}


def create_files(state: State, variables: Json) -> Json:
    """Hand out URLs to which the client then puts the files of an artifact."""
    edges = []
    for file in variables["input"]["artifactFiles"]:
        artifact = state.artifacts[file["artifactID"]]
        place = f"artifacts/{artifact.id}/{file['name']}"
        artifact.files[file["name"]] = place
        node = {
            "storagePath": place,
            "uploadUrl": f"{state.url}/storage/{place}",
            "uploadHeaders": [],
            "uploadMultipartUrls": None,
            "artifact": {"id": artifact.id},
        }
        edges.append({"node": node})
    return {"createArtifactFiles": {"files": {"edges": edges}}}


def write_manifest(state: State, variables: Json) -> Json:
    """Hand out the URL to which the client then puts the list of an artifact's files; asked with its digest at last."""
    artifact = variables.get("artifactID") or variables["artifactManifestID"].removeprefix("manifest-")
    url = f"{state.url}/storage/artifacts/{artifact}/manifest"
    file = {"id": "file", "uploadUrl": url, "uploadHeaders": []}
    answer = {"artifactManifest": {"id": f"manifest-{artifact}", "file": file}}
    return {"createArtifactManifest": answer, "updateArtifactManifest": answer}


def commit_artifact(state: State, variables: Json) -> Json:
    """Take a version as whole."""
    artifact = state.artifacts[variables["artifactID"]]
    artifact.state = "COMMITTED"
    return {"commitArtifact": {"artifact": {"id": artifact.id, "digest": artifact.digest}}}


OPERATIONS = {
    "ArtifactType": lambda state, variables: {"project": {"artifact": None}},
    "CommitArtifact": commit_artifact,
    "CreateArtifact": create_artifact,
    "CreateArtifactFiles": create_files,
    "CreateArtifactManifest": write_manifest,
    "FetchArtifactDigestAlgorithm": lambda state, variables: {"project": None},
    "UpdateArtifactManifest": write_manifest,
    "UseArtifact": lambda state, variables: {"useArtifact": {"artifact": {"id": "QToxOjE="}}},
}
