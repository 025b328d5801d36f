"""How training data lies on disk: prepared faces, rendered sets, packs; splits by person."""
