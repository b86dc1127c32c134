_base_ = '../plain/r2plus1d-r18-w8_darkroom-quick.py'

model = dict(data_preprocessor=dict(streams=[dict(type='Identity')]))
