"""WebHooks after the Standard Webhooks specification: signed, repeated until taken or given up, never sent to inside addresses."""
