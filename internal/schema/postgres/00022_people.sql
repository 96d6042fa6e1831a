-- +goose Up

-- How somebody is reached, beside the address in their row. value is a blind
-- index; verified is when a code proved it.
CREATE TABLE contact_way (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person   TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    kind     TEXT COLLATE "C" NOT NULL,
    value    BYTEA NOT NULL,
    data     BYTEA NOT NULL,
    verified BIGINT,
    created  BIGINT NOT NULL,
    UNIQUE (person, kind, value)
);
CREATE INDEX contact_way_value ON contact_way (value);

-- What somebody wishes: place of birth, needs, kinds of messages; sealed with
-- their key.
CREATE TABLE person_wish (
    person TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    data   BYTEA NOT NULL
);

-- Organisations. Who belongs to one has a role_grant for it. What is sealed: how
-- it is reached, and for sole traders, who are people, the name. fiscal is a
-- blind index.
CREATE TABLE organisation (
    id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind      TEXT COLLATE "C" NOT NULL,
    name      TEXT COLLATE "C" NOT NULL,
    folded    TEXT COLLATE "C" NOT NULL,
    code      TEXT COLLATE "C" NOT NULL,
    fiscal    BYTEA UNIQUE,
    data      BYTEA NOT NULL,
    state     TEXT COLLATE "C" NOT NULL,
    asked_by  TEXT COLLATE "C" NOT NULL,
    created   BIGINT NOT NULL,
    changed   BIGINT NOT NULL,
    rev       BIGINT NOT NULL
);
CREATE INDEX organisation_folded ON organisation (folded, id);
CREATE INDEX organisation_code ON organisation (code) WHERE code <> '';

CREATE INDEX role_grant_organisation ON role_grant (scope) WHERE scope_kind = 'organisation';

-- Who is asked to belong to an organisation, until they answer. contact is a blind
-- index of the address, by which they find it once they are in.
CREATE TABLE organisation_invitation (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organisation TEXT COLLATE "C" NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    role         TEXT COLLATE "C" NOT NULL,
    contact      BYTEA NOT NULL,
    data         BYTEA NOT NULL,
    given_by     TEXT COLLATE "C" NOT NULL,
    created      BIGINT NOT NULL,
    expires      BIGINT NOT NULL,
    UNIQUE (organisation, contact)
);
CREATE INDEX organisation_invitation_contact ON organisation_invitation (contact);

-- Who may act for whom. target is a blind index of the address or fiscal number
-- to which it was offered; data is sealed with the key of the principal: that
-- address, the document that was seen.
CREATE TABLE mandate (
    id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind      TEXT COLLATE "C" NOT NULL,
    principal TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    agent     TEXT COLLATE "C" NOT NULL,
    site      TEXT COLLATE "C" NOT NULL,
    state     TEXT COLLATE "C" NOT NULL,
    target    BYTEA,
    data      BYTEA NOT NULL,
    given_by  TEXT COLLATE "C" NOT NULL,
    created   BIGINT NOT NULL,
    starts    BIGINT NOT NULL,
    ends      BIGINT NOT NULL,
    ended     BIGINT,
    ended_by  TEXT COLLATE "C" NOT NULL,
    begun     BIGINT,
    used      BIGINT
);
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
