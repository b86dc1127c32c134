_base_ = '../plain/slowonly-r18-w8_darkroom-quick.py'

model = dict(data_preprocessor=dict(streams=[dict(type='Gamma', gamma=2.5)]))
