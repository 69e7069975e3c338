"""The embedded HubSpot portal: its state in `portal`, its wire protocol in `app`."""
