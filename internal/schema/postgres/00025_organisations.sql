-- +goose Up

-- For which organisation somebody made a booking; '' = for themselves. Of those that
-- are there already the act by which they were made says it.
ALTER TABLE booking ADD COLUMN organisation TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE booking SET organisation = (
        SELECT MIN(a.for_whom) FROM act a
        WHERE a.subject = booking.id AND a.for_whom <> '' AND a.kind IN ('booking.held', 'booking.confirmed') AND a.data = '{"rev":1}')
    WHERE id IN (
        SELECT a.subject FROM organisation o JOIN act a ON a.for_whom = o.id
        WHERE a.for_whom <> '' AND a.kind IN ('booking.held', 'booking.confirmed') AND a.data = '{"rev":1}');
CREATE INDEX booking_organisation ON booking (organisation, starts, id) WHERE organisation <> '';
CREATE INDEX booking_organisation_coming ON booking (organisation, starts, id) WHERE organisation <> '' AND due IS NOT NULL;

-- Lists of organisations by state, of their members, and of who works at a house, a
-- page at a time.
CREATE INDEX organisation_state ON organisation (state, folded, id);
CREATE INDEX role_grant_members ON role_grant (scope, role, person) WHERE scope_kind = 'organisation';
CREATE INDEX role_grant_site ON role_grant (scope, person) WHERE scope_kind = 'site';
CREATE INDEX organisation_invitation_list ON organisation_invitation (organisation, id);

-- +goose Down
DROP INDEX organisation_invitation_list;
DROP INDEX role_grant_site;
DROP INDEX role_grant_members;
DROP INDEX organisation_state;
DROP INDEX booking_organisation_coming;
DROP INDEX booking_organisation;
ALTER TABLE booking DROP COLUMN organisation;
