"""The file adapter: records that people write into files."""
