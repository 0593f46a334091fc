"""A made-up book to look at, and people to sign in as.

`people` says who the borrowers are, `lending` what they owe and paid, `book` writes the CSV
files, `load` brings them in through the ordinary import, `logins` makes the staff.
"""
