"""The story that a first visitor finds: two agencies, clips in every state, a talk in a review, a signed approval."""
