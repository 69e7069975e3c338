"""An embedded Salesforce org: its state as plain Python (`org.Org`) and its REST face (`app.SalesforceApp`)."""
