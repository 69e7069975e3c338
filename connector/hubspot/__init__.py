"""The HubSpot adapter: client, translation and the ports it serves."""
