"""What is shipped, loaded once: the library, its first question, the prompts."""

from interviewer.content import load_library
from interviewer.folders import bundled
from interviewer.prompts import Prompts

LIBRARY = load_library([bundled("content")])
QUESTION = LIBRARY.questions["difficult-customers"]
PROMPTS = Prompts()
