"""Members of worlds."""

from __future__ import annotations

from uuid import UUID

from figment.core.errors import InvalidInput, NotFound, NotSignedIn
from figment.core.problems import problems
from figment.features.atlas.errors import (
    InvitationNotFound,
    PersonNotFound,
    TooManyMembers,
    WorldNotFound,
    WorldNotYours,
)
from figment.features.atlas.routes.asking import AtlasService, Changer, Keeper, WorldSlug, router
from figment.features.atlas.schemas import Invitation, JoinRequest, MemberList, MemberRequest, World


@router.get("/worlds/{world}/members", responses=problems(NotSignedIn, WorldNotFound, WorldNotYours, InvalidInput))
async def list_members(world: WorldSlug, person: Keeper, service: AtlasService) -> MemberList:
    """Who may paint where members do. The owner may see it, and administrators."""
    return await service.worlds.members(person, world)


@router.post(
    "/worlds/{world}/members",
    status_code=201,
    responses=problems(NotSignedIn, WorldNotFound, WorldNotYours, PersonNotFound, TooManyMembers, InvalidInput),
)
async def add_member(world: WorldSlug, asked: MemberRequest, person: Keeper, service: AtlasService) -> MemberList:
    """Let somebody in by their username."""
    return await service.worlds.add_member(person, world, asked.username)


@router.delete(
    "/worlds/{world}/members/{person}",
    status_code=204,
    responses=problems(NotSignedIn, WorldNotFound, WorldNotYours, NotFound, InvalidInput),
)
async def drop_member(world: WorldSlug, person: UUID, changer: Changer, service: AtlasService) -> None:
    """Remove a member of my world, or leave somebody's."""
    await service.worlds.drop_member(changer, world, person)


@router.post(
    "/worlds/{world}/invitation",
    status_code=201,
    responses=problems(NotSignedIn, WorldNotFound, WorldNotYours, InvalidInput),
)
async def make_invitation(world: WorldSlug, person: Keeper, service: AtlasService) -> Invitation:
    """A token with which anybody can become a member for a week. The one before holds no longer."""
    return await service.worlds.invite(person, world)


@router.delete(
    "/worlds/{world}/invitation",
    status_code=204,
    responses=problems(NotSignedIn, WorldNotFound, WorldNotYours, InvalidInput),
)
async def end_invitation(world: WorldSlug, person: Keeper, service: AtlasService) -> None:
    """Let the token hold no longer. Members stay."""
    await service.worlds.end_invitation(person, world)


@router.post(
    "/worlds/{world}/join",
    responses=problems(NotSignedIn, WorldNotFound, InvitationNotFound, TooManyMembers, InvalidInput),
)
async def join_world(world: WorldSlug, asked: JoinRequest, person: Changer, service: AtlasService) -> World:
    """Become a member with the token that somebody sent me."""
    return await service.worlds.join(person, world, asked.token)
