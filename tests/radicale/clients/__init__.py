"""What each client needs, one module for each, in requests as that client writes them.

What is recorded whole, from the first request to the last, is in tests/transcripts (Thunderbird,
Evolution, KAddressBook, Linphone, vdirsyncer) and played by tests/radicale/test_clients.py; the
real vdirsyncer runs in tests/system. Here are the single truths, by client, and who breaks one is
told by the name of the test which client will stumble over it, and how.
"""
