-- Changing the model pack: templates by models other than the one that a face was enrolled with, and the picture to make them from.

-- The template by the model of the enrolment stays in `faces`. Nodes with different packs may share the database, each adding what
-- its own model lacks and searching only that; going back to an earlier pack finds its templates still there.
CREATE TABLE further_templates (
    model_id   BYTEA NOT NULL,
    -- As in `faces`, so that templates are read in the order of persons.
    person_id  TEXT COLLATE "C" NOT NULL,
    face_id    UUID NOT NULL CONSTRAINT further_templates_face REFERENCES faces (id) ON DELETE CASCADE,
    embedding  BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (model_id, person_id, face_id)
);
-- What the end of a face looks for.
CREATE INDEX further_templates_by_face ON further_templates (face_id);
ALTER TABLE further_templates ALTER COLUMN embedding SET STORAGE MAIN;

-- Where the eyes, the nose tip and the mouth corners lie in `crop`, in pixels: ten little-endian 32-bit floats. The two columns are
-- filled together.
ALTER TABLE face_images ADD COLUMN crop_landmarks BYTEA;
