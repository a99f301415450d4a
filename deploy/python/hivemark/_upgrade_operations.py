"""Decisions of the hive about upgrades: routes as `_operations.py` describes them."""
# mypy: disable-error-code=empty-body

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from ._operation import operation

Json = Dict[str, Any]


@operation("POST", "/api/v1/upgrades", query=("queue",))
def propose_upgrade(
    from_: str,
    to: str,
    *,
    track: Optional[str] = None,
    members: Optional[Sequence[str]] = None,
    policy: Optional[str] = None,
    judge: Optional[str] = None,
    deadline_s: Optional[int] = None,
    stages: Optional[Sequence[Mapping[str, Any]]] = None,
    measure: Optional[bool] = None,
    max_minutes: Optional[float] = None,
    attempts: Optional[int] = None,
    heavy_votes: Optional[int] = None,
    required_tiers: Optional[Sequence[str]] = None,
    margins: Optional[Sequence[Mapping[str, Any]]] = None,
    queue: Optional[bool] = None,
) -> Json:
    """Asks the hive whether `to` may replace `from_` on all its members: {id, decision, votes, awaited, …}, at once.
    `wait_for_upgrade` waits for the decision.

    members: ids of the nodes whose votes count; all of the track when None.
    policy: "all", "majority" or "weighted"; judge: "threshold", "strict" or "statistical"; as configured when None.
    deadline_s: after this it is shown as held; it stays open.
    stages: of the rollout: [{share, duration_s, deadline_s}].
    measure: members measure both versions in pairs, for max_minutes at most, instead of judging stored snapshots.
    margins: [{metric, margin}], in place of those that the members have configured.
    queue: waits for its turn; else NodeError conflict while another proposal of the track is open.
    """
    ...


@operation("GET", "/api/v1/upgrades")
def list_upgrades(*, limit: Optional[int] = None, after: Optional[str] = None, track: Optional[str] = None) -> Json:
    """Proposals, the newest first: {upgrades, next}."""
    ...


@operation("GET", "/api/v1/upgrades/{id}")
def get_upgrade(id: str) -> Json:
    """A proposal as the node sees it: {decision, rollout, reason, votes, awaited, stage, runs, steps, final, …}.

    id: or at least 6 of its first characters.
    """
    ...


@operation("GET", "/api/v1/upgrades/{id}/document", text=True)
def decision_document(id: str) -> str:
    """A decision with everything that proves it: JSON that `hivectl upgrade verify` checks offline. Write it to a file as
    it is, in UTF-8.
    """
    ...


@operation("POST", "/api/v1/upgrades/{id}/stop", query=("operator",))
def stop_upgrade(
    id: str,
    *,
    reason: Optional[str] = None,
    only_pending: Optional[bool] = None,
    unknown: Optional[Sequence[str]] = None,
    operator: Optional[str] = None,
) -> Json:
    """Asks the hive to abort a proposal, or to roll back one that is being rolled out.

    only_pending: does not roll back what is approved before the stop counts.
    unknown: ids of nodes whose rollback is not waited for.
    """
    ...


@operation("POST", "/api/v1/upgrades/{id}/abort", query=("operator",))
def abort_upgrade(
    id: str,
    *,
    reason: Optional[str] = None,
    only_pending: Optional[bool] = None,
    unknown: Optional[Sequence[str]] = None,
    operator: Optional[str] = None,
) -> Json:
    """The same as stop_upgrade."""
    ...


@operation("GET", "/api/v1/upgrades/members")
def list_track_members(*, track: Optional[str] = None) -> Json:
    """The members that decide: {tracks: [{track, generation, members, quorum, position, open, admitted, …}]}."""
    ...


@operation("PUT", "/api/v1/upgrades/members")
def change_track_members(
    track: str,
    members: Sequence[Mapping[str, Any]],
    *,
    slack: Optional[int] = None,
    force: Optional[bool] = None,
) -> Json:
    """Asks the present members of a track for other ones, which decide once no proposal is open and a quorum agrees.

    members: all of the new ones: [{node, weight, tier}].
    slack: lying members that a decision bears, 0 or 1.
    force: begins without the present members, when a quorum of them is lost for good; to be said on each of the new ones.
    """
    ...


@operation("POST", "/api/v1/upgrades/admit")
def admit_node(*, track: Optional[str] = None) -> Json:
    """Vouches that the node's data directory is the one it ran with last, so that it takes part at once."""
    ...


ALL: List[str] = [name for name, each in list(globals().items()) if hasattr(each, "operation_path")]
