"""The file adapter: records that come as CSV."""
