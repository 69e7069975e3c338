"""The Salesforce adapter: client, translation and the ports it serves."""
