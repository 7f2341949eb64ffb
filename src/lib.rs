//! A Cloudflare Worker that removes participants from `RealtimeKit` meetings.
