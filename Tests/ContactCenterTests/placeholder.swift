// ContactCenter
