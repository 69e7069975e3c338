"""An embedded HubSpot portal and Salesforce org that speak the real wire protocols over loopback HTTP."""
