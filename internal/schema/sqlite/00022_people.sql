-- +goose Up

-- How somebody is reached, beside the address in their row. value is a blind
-- index; verified is when a code proved it.
CREATE TABLE contact_way (
    id       TEXT NOT NULL PRIMARY KEY,
    person   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    kind     TEXT NOT NULL,
    value    BLOB NOT NULL,
    data     BLOB NOT NULL,
    verified INTEGER,
    created  INTEGER NOT NULL,
    UNIQUE (person, kind, value)
) STRICT;
CREATE INDEX contact_way_value ON contact_way (value);

-- What somebody wishes: place of birth, needs, kinds of messages; sealed with
-- their key.
CREATE TABLE person_wish (
    person TEXT NOT NULL PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    data   BLOB NOT NULL
) STRICT;

-- Organisations. Who belongs to one has a role_grant for it. What is sealed: how
-- it is reached, and for sole traders, who are people, the name. fiscal is a
-- blind index.
CREATE TABLE organisation (
    id        TEXT NOT NULL PRIMARY KEY,
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    folded    TEXT NOT NULL,
    code      TEXT NOT NULL,
    fiscal    BLOB UNIQUE,
    data      BLOB NOT NULL,
    state     TEXT NOT NULL,
    asked_by  TEXT NOT NULL,
    created   INTEGER NOT NULL,
    changed   INTEGER NOT NULL,
    rev       INTEGER NOT NULL
) STRICT;
CREATE INDEX organisation_folded ON organisation (folded, id);
CREATE INDEX organisation_code ON organisation (code) WHERE code <> '';

CREATE INDEX role_grant_organisation ON role_grant (scope) WHERE scope_kind = 'organisation';

-- Who is asked to belong to an organisation, until they answer. contact is a blind
-- index of the address, by which they find it once they are in.
CREATE TABLE organisation_invitation (
    id           TEXT NOT NULL PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    role         TEXT NOT NULL,
    contact      BLOB NOT NULL,
    data         BLOB NOT NULL,
    given_by     TEXT NOT NULL,
    created      INTEGER NOT NULL,
    expires      INTEGER NOT NULL,
    UNIQUE (organisation, contact)
) STRICT;
CREATE INDEX organisation_invitation_contact ON organisation_invitation (contact);

-- Who may act for whom. target is a blind index of the address or fiscal number
-- to which it was offered; data is sealed with the key of the principal: that
-- address, the document that was seen.
CREATE TABLE mandate (
    id        TEXT NOT NULL PRIMARY KEY,
    kind      TEXT NOT NULL,
    principal TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    agent     TEXT NOT NULL,
    site      TEXT NOT NULL,
    state     TEXT NOT NULL,
    target    BLOB,
    data      BLOB NOT NULL,
    given_by  TEXT NOT NULL,
    created   INTEGER NOT NULL,
    starts    INTEGER NOT NULL,
    ends      INTEGER NOT NULL,
    ended     INTEGER,
    ended_by  TEXT NOT NULL,
    begun     INTEGER,
    used      INTEGER
) STRICT;
CREATE INDEX mandate_principal ON mandate (principal, id);
CREATE INDEX mandate_agent ON mandate (agent, id);
CREATE INDEX mandate_target ON mandate (target) WHERE target IS NOT NULL;

-- +goose Down
DROP INDEX role_grant_organisation;
DROP TABLE mandate;
DROP TABLE organisation_invitation;
DROP TABLE organisation;
DROP TABLE person_wish;
DROP TABLE contact_way;
