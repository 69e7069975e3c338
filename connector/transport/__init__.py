"""What both remote adapters share about calling over HTTP: answers, repetition, metering. It knows no vendor."""
