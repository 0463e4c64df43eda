"""The CardDAV face: auth, rights and storage plugins for Radicale, and its Application.

``auth``, ``rights`` and ``storage`` also work under the stock ``radicale`` command;
``application`` is Radicale's Application with what the standards and the clients need beyond.
"""
