"""Why a client found nothing: what was asked lately, and what if it had been otherwise."""
