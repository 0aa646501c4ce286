"""The one error whose text a user reads."""


class UserError(Exception):
    """Something the user can mend: the text is one sentence that says what is wrong and what to do."""
